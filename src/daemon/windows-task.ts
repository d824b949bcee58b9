/** How does the daemon look as a scheduled task of Windows? Pure. Its form is tested, but it has never run on Windows. */
import type { ServicePlan } from "./service-plan.ts";
import { escapeXml } from "./xml-text.ts";

export const TASK_NAME = "codexuse";

/** One argument in the form that Windows programs take apart again. */
function argument(word: string): string {
  if (word !== "" && !/[\s"]/.test(word)) return word;
  const escaped = word.replace(/(\\*)"/g, '$1$1\\"').replace(/(\\+)$/, "$1$1");
  return `"${escaped}"`;
}

/**
 * The task, for `schtasks /Create /XML`. A task has no environment of its own, so a home that is not the default one has
 * to be in the user's: `setx CODEXUSE_HOME …`.
 */
export function renderWindowsTask(plan: ServicePlan): string {
  const [program = "", ...rest] = plan.self;
  const words = [...rest, "daemon", "run", ...(plan.port === null ? [] : [`--port=${plan.port}`])];
  return `<?xml version="1.0"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo>
    <Description>codexuse: one local API over your Codex accounts</Description>
  </RegistrationInfo>
  <Triggers>
    <LogonTrigger>
      <Enabled>true</Enabled>
    </LogonTrigger>
  </Triggers>
  <Principals>
    <Principal id="Author">
      <LogonType>InteractiveToken</LogonType>
      <RunLevel>LeastPrivilege</RunLevel>
    </Principal>
  </Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <AllowHardTerminate>true</AllowHardTerminate>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
    <RestartOnFailure>
      <Interval>PT1M</Interval>
      <Count>5</Count>
    </RestartOnFailure>
  </Settings>
  <Actions Context="Author">
    <Exec>
      <Command>${escapeXml(program)}</Command>
      <Arguments>${escapeXml(words.map(argument).join(" "))}</Arguments>
    </Exec>
  </Actions>
</Task>
`;
}
