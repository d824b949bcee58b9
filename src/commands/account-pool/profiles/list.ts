/** `codexuse account-pool profiles list`. */
import { listPoolProfiles } from "../../../operations/list-pool-profiles.ts";
import { answer, defineLeaf } from "../../command.ts";
import { renderProfiles } from "../../profile-table.ts";

export const list = defineLeaf({
  name: "list",
  description: listPoolProfiles.summary,
  examples: ["codexuse account-pool profiles list"],
  args: {},
  async run(_args, io) {
    const found = await listPoolProfiles.run(await io.doors.openDesk(io.env), {});
    const none = found.profiles.length === 0 ? "No profile is saved yet: codexuse profile import <auth.json>" : null;
    return answer(found, renderProfiles(found.profiles, io), [none]);
  },
});
