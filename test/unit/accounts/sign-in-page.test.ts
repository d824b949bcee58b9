import { expect, test } from "bun:test";
import { renderSignInPage } from "../../../src/accounts/sign-in-page.ts";

test("a page repeats words as words and loads nothing", () => {
  const page = renderSignInPage({ title: "<script>", text: `"quoted" & 'so'` });
  expect(page).toContain("<h1>&lt;script&gt;</h1>");
  expect(page).toContain("&quot;quoted&quot; &amp; &#39;so&#39;");
  expect(page).not.toMatch(/<script|https?:|src=/);
});
