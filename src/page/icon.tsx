/** Small pictures, drawn in the colour of the text. Words beside them say the same, so they are hidden from readers. */

const PATHS = {
  check: "M3.5 8.5l3 3 6-7",
  alert: "M8 2.2l6.2 11.2H1.8L8 2.2zM8 6.4v3.2M8 11.6v.1",
  close: "M4 4l8 8M12 4l-8 8",
  copy: "M6 6h7v8H6zM3 10V2h7",
  plus: "M8 3v10M3 8h10",
  edit: "M3 13l.7-2.8 7-7a1.3 1.3 0 012 0 1.3 1.3 0 010 2l-7 7L3 13z",
  trash: "M3 4.5h10M6.5 4.5V3h3v1.5M4.5 4.5l.6 8.5h5.8l.6-8.5M6.8 7v3.5M9.2 7v3.5",
  refresh: "M13 8a5 5 0 11-1.5-3.6M13 2.5v2.4h-2.4",
  sun: "M8 5.2a2.8 2.8 0 100 5.6 2.8 2.8 0 000-5.6zM8 1.2v1.4M8 13.4v1.4M1.2 8h1.4M13.4 8h1.4M3.2 3.2l1 1M11.8 11.8l1 1M12.8 3.2l-1 1M4.2 11.8l-1 1",
  moon: "M13.2 9.6A5.6 5.6 0 016.4 2.8a5.6 5.6 0 106.8 6.8z",
  screen: "M2 3h12v8H2zM6 14h4M8 11v3",
  chevron: "M5.5 3.5L10 8l-4.5 4.5",
  external: "M9 3h4v4M13 3L7.5 8.5M11 9.5V13H3V5h3.5",
  key: "M5.5 7.5a2.7 2.7 0 100 5.4 2.7 2.7 0 000-5.4zM7.5 8.3L13 2.8M10.6 5.2l1.8 1.8",
  arrow: "M3 8h10M9 4l4 4-4 4",
  bolt: "M9 1.8L3.8 9H8l-1 5.2L12.2 7H8l1-5.2z",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">
      <path
        d={PATHS[name]}
        fill="none"
        stroke="currentColor"
        stroke-width="1.5"
        stroke-linecap="round"
        stroke-linejoin="round"
      />
    </svg>
  );
}
