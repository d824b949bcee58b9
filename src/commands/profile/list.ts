/** `codexuse profile list`. */
import { listProfiles } from "../../operations/list-profiles.ts";
import { answer, defineLeaf } from "../command.ts";
import { renderProfiles } from "../profile-table.ts";

export const list = defineLeaf({
  name: "list",
  description: listProfiles.summary,
  examples: ["codexuse profile list", "codexuse profile list --json"],
  args: {},
  async run(_args, io) {
    const found = await listProfiles.run(await io.doors.openDesk(io.env), {});
    const none = found.profiles.length === 0 ? "No profile is saved yet: codexuse profile import <auth.json>" : null;
    return answer(found, renderProfiles(found.profiles, io), [none]);
  },
});
