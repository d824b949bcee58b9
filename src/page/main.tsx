/** What does the owner see? The page's beginning: puts the application into the shell. */
import { render } from "preact";

const root = document.getElementById("page");
if (root !== null) render(<main>Accounts Pool</main>, root);
