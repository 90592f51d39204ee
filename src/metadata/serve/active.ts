/** Which profile a server hands out where none is named; a person changes it. */

export interface Active {
  /** Undefined until one is chosen. */
  name: string | undefined;
}
