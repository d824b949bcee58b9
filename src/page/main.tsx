/** What does the owner see? The page's beginning: a program of its own for the browser, which asks the runtime for all. */
import { render } from "preact";
import { App } from "./app.tsx";
import { applyTheme, readTheme } from "./theme.tsx";

applyTheme(readTheme(localStorage));
const place = document.getElementById("page");
if (place !== null) render(<App />, place);
