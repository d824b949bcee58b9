/** On or off, with a name. */

interface SwitchProps {
  readonly label: string;
  readonly isOn: boolean;
  readonly isBusy: boolean;
  readonly onChange: (isOn: boolean) => void;
  /** Whether the name stands beside it, or is for screen readers only. */
  readonly isLabelled?: boolean;
  readonly isLarge?: boolean;
}

export function Switch({ label, isOn, isBusy, onChange, isLabelled = false, isLarge = false }: SwitchProps) {
  return (
    <button
      type="button"
      role="switch"
      class={`switch ${isLarge ? "large" : ""}`}
      aria-checked={isOn}
      aria-busy={isBusy}
      aria-label={isLabelled ? undefined : label}
      onClick={() => {
        if (!isBusy) onChange(!isOn);
      }}
    >
      <span class="switch-track" aria-hidden="true" />
      {isLabelled ? <span>{label}</span> : null}
    </button>
  );
}
