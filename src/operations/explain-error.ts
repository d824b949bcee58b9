/** Which errors are the owner's to mend? Those become an `OperationError`; everything else is our bug and gives null. */
import { StoreError } from "../store/store-error.ts";
import { OperationError } from "./operation.ts";

export function asOperationError(error: unknown): OperationError | null {
  if (error instanceof OperationError) return error;
  if (error instanceof StoreError) return new OperationError("failed", error.problem, error.hint);
  return null;
}
