/** Signing in through the command line, from source, against simulated upstream. */
import { setDefaultTimeout } from "bun:test";
import { describeSignIns } from "../support/describe-sign-ins.ts";
import { sourceProgram } from "../support/sign-in-program.ts";

setDefaultTimeout(60_000);

describeSignIns(sourceProgram);
