/** How does the owner want to sign in, and under which name is it kept? */
import { useId, useState } from "preact/hooks";

export const METHODS = ["browser", "device", "api-key"] as const;
export type Method = (typeof METHODS)[number];

const METHOD_WORDS: Readonly<Record<Method, { readonly title: string; readonly about: string }>> = {
  browser: { title: "Browser", about: "OpenAI's sign-in page, here on this machine" },
  device: { title: "Device code", about: "Type a code on a phone or another computer" },
  "api-key": { title: "API key", about: "An account of the OpenAI Platform, billed by use" },
};

export interface Wish {
  readonly method: Method;
  /** Null lets the account's address name it. */
  readonly name: string | null;
  /** An API key; empty for the other methods. */
  readonly secret: string;
}

interface SignInFormProps {
  /** The profile that signs in again; null when a new one is made. */
  readonly fixedName: string | null;
  readonly isRunning: boolean;
  readonly onStart: (wish: Wish) => void;
  readonly onClose: () => void;
}

function MethodChoice({ method, onChoose }: { readonly method: Method; readonly onChoose: (method: Method) => void }) {
  return (
    <fieldset class="choices three">
      <legend>How to sign in</legend>
      {METHODS.map((choice) => (
        <label key={choice} class="choice">
          <input type="radio" name="method" checked={choice === method} onChange={() => onChoose(choice)} />
          <span class="choice-title">{METHOD_WORDS[choice].title}</span>
          <span class="quiet">{METHOD_WORDS[choice].about}</span>
        </label>
      ))}
    </fieldset>
  );
}

export function SignInForm({ fixedName, isRunning, onStart, onClose }: SignInFormProps) {
  const ids = { name: useId(), secret: useId() };
  const [method, setMethod] = useState<Method>("browser");
  const [name, setName] = useState("");
  const [secret, setSecret] = useState("");
  const needsName = method === "api-key";
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        onStart({ method, name: fixedName ?? (name.trim() || null), secret: secret.trim() });
      }}
    >
      <div class="dialog-body">
        <MethodChoice method={method} onChoose={setMethod} />
        {fixedName === null ? (
          <div class="field">
            <label for={ids.name}>
              Name <span class="quiet">{needsName ? "" : "(optional)"}</span>
            </label>
            <input
              id={ids.name}
              class="input"
              placeholder={needsName ? "platform" : "the account's e-mail address"}
              maxLength={64}
              autocomplete="off"
              required={needsName}
              value={name}
              onInput={(event) => setName(event.currentTarget.value)}
            />
          </div>
        ) : null}
        {method === "api-key" ? (
          <div class="field">
            <label for={ids.secret}>API key</label>
            <input
              id={ids.secret}
              class="input"
              type="password"
              placeholder="sk-…"
              autocomplete="off"
              required
              value={secret}
              onInput={(event) => setSecret(event.currentTarget.value)}
            />
          </div>
        ) : null}
        <p class="quiet">Credentials are kept encrypted, on this machine only. Add only accounts that are yours.</p>
      </div>
      <footer class="dialog-foot">
        <button type="button" class="button" onClick={onClose}>
          Cancel
        </button>
        <button type="submit" class="button primary" disabled={isRunning}>
          {method === "api-key" ? "Save" : "Go on"}
        </button>
      </footer>
    </form>
  );
}
