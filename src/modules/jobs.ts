import type { Job, Report } from './report.js';
import { auditModule } from './audit.js';
import { latestOf } from './latest.js';
import { pack } from './pack.js';

/** What the installer process does besides installing; report.ts tells the questions and answers. */
export async function runJob(request: Job, report: Report): Promise<unknown> {
  switch (request.job) {
    case 'latest': return Promise.all(request.ask.modules.map((module) => latestOf(module, request.at)));
    case 'audit': return request.ask.modules.map(auditModule);
    case 'pack': return pack(request.ask, request.at, report);
  }
}
