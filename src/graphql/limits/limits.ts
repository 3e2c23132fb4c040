/** What one operation may be at most. Each limit has its own error, which names it. */
export interface OperationLimits {
  /** Levels of fields, each fragment spread in place. */
  readonly depthMax: number;
  /** Objects that the answer may have by its page sizes and list lengths. */
  readonly costMax: number;
  readonly aliasesMax: number;
  readonly directivesMax: number;
  readonly tokensMax: number;
  /** Characters. */
  readonly documentLengthMax: number;
  /** Elements of one list in the arguments or variables. */
  readonly listLengthMax: number;
}
