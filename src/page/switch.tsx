/** On or off, with a name. Shows what is wanted at once. */
import { useWanted } from "./use-wanted.ts";

interface SwitchProps {
  readonly label: string;
  readonly isOn: boolean;
  readonly isBusy: boolean;
  /** Answers null when it was refused. */
  readonly onChange: (isOn: boolean) => Promise<unknown>;
  /** Whether the name stands beside it, or is for screen readers only. */
  readonly isLabelled?: boolean;
  readonly isLarge?: boolean;
}

export function Switch({ label, isOn, isBusy, onChange, isLabelled = false, isLarge = false }: SwitchProps) {
  const { shown, want } = useWanted(isOn);
  return (
    <button
      type="button"
      role="switch"
      class={`switch ${isLarge ? "large" : ""}`}
      aria-checked={shown}
      aria-busy={isBusy}
      aria-label={isLabelled ? undefined : label}
      onClick={() => {
        if (!isBusy) want(!shown, onChange(!shown));
      }}
    >
      <span class="switch-track" aria-hidden="true" />
      {isLabelled ? <span>{label}</span> : null}
    </button>
  );
}
