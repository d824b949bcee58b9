/** What is wrong, how bad is it, and what is to be done? The one form in which every check answers. */

export const SEVERITIES = ["error", "warning", "note"] as const;
/** `error`: something does not work. `warning`: it will not, or not well. `note`: worth knowing. */
export type Severity = (typeof SEVERITIES)[number];

export interface Finding {
  /** For scripts; stays the same. */
  readonly code: string;
  readonly severity: Severity;
  readonly text: string;
  /** A sentence or a command; null when there is nothing to do. */
  readonly remedy: string | null;
}

export interface Check {
  /** One word. */
  readonly name: string;
  /** What it looked at, said when it found nothing. */
  readonly fine: string;
  run(): readonly Finding[] | Promise<readonly Finding[]>;
}

export function finding(severity: Severity, code: string, text: string, remedy: string | null = null): Finding {
  return { code, severity, text, remedy };
}
