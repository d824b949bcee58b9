/**
 * A head as plain data: names in lower case, `set-cookie` not among what may be asked for. Asking the runtime's own
 * `Headers` costs a call into it for each name, which is less only where few of many are asked for (`AnswerHead`).
 */
export type HeaderFields = Readonly<Record<string, string | undefined>>;
