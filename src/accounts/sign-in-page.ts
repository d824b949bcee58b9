/** What does the browser show at the end of a sign-in? Pure: pages that need nothing but themselves. */

export interface SignInPage {
  readonly title: string;
  readonly text: string;
}

export const SUCCESS_PAGE: SignInPage = {
  title: "You are signed in",
  text: "codexuse has saved the sign-in. You can close this window and go back to the terminal.",
};

export const CANCELLED_PAGE: SignInPage = {
  title: "The sign-in was cancelled",
  text: "Nothing was saved. You can close this window.",
};

export const MISMATCH_PAGE: SignInPage = {
  title: "State mismatch",
  text: "This address belongs to another sign-in. Use the link that the terminal shows now.",
};

export const UNKNOWN_PAGE: SignInPage = {
  title: "There is nothing here",
  text: "This address only receives the end of a sign-in with codexuse.",
};

export function renderSignInPage({ title, text }: SignInPage): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)} · codexuse</title>
<style>
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; }
main { max-width: 32rem; padding: 2rem; }
h1 { font-size: 1.5rem; }
</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
<p>${escapeHtml(text)}</p>
</main>
</body>
</html>
`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => ESCAPES[sign] ?? sign);
}
