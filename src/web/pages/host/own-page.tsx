/** A page that a resource type brings itself: foreign code, so it runs in a frame that has no origin and one ticket. */
import type { HostInfo, ResourceView, TypeView } from '../../api-types-host.js';
import { call } from '../lib/api.js';
import { useAsked } from '../lib/ask-server.js';
import { useState, type JSX } from '../lib/preact.js';
import { Segments } from '../parts/bits.js';
import { Dialog } from '../parts/dialog.js';
import { Trouble, Waiting } from '../parts/empty.js';

interface Props { readonly host: HostInfo; readonly of: ResourceView; readonly onClose: () => void }

/** Pages of a type besides those that every type has; none: it brings none. */
export function ownPages(type: TypeView | undefined): readonly string[] {
  if (type?.ownDashboard !== true) return [];
  const named = type.pages.filter((p) => p !== 'Config' && p !== 'Events');
  return named.length > 0 ? named : ['index'];
}

export function OwnPage({ host, of, onClose }: Props): JSX.Element {
  const pages = ownPages(host.types.find((t) => t.type === of.type));
  const [page, setPage] = useState(pages[0] ?? 'index');
  const asked = useAsked(`page ${of.id} ${page}`, async (signal) => call('GET /api/hosts/{host}/resources/{resource}/frame', { params: { host: host.name, resource: of.id }, query: { page }, signal }));
  return (
    <Dialog wide title={`/${of.id}: ${of.type}`} onClose={onClose}>
      {pages.length > 1 && <Segments label="Page" at={page} all={pages.map((p) => [p, p] as const)} onPick={setPage} />}
      {asked.value === undefined
        ? asked.error === undefined ? <Waiting what="Opening the page…" /> : <Trouble error={asked.error} retry={asked.again} />
        : <iframe key={asked.value.url} class="own-page" title={`${page} of /${of.id}`} src={asked.value.url} sandbox="allow-scripts allow-forms allow-modals" referrerpolicy="no-referrer" />}
      <p class="small dim">Made by {of.type} itself. It can see and change this instance, and nothing else here.</p>
    </Dialog>
  );
}
