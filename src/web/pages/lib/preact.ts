/**
 * All that the pages take of Preact, so that it can be replaced here. The elements themselves come through the compiler's
 * setting (jsxImportSource in tsconfig.json), not through an import that anybody writes.
 */
export { Fragment, render } from 'preact';
export type { ComponentChildren, ComponentChild, JSX, RefObject } from 'preact';
export { useCallback, useEffect, useErrorBoundary, useId, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
