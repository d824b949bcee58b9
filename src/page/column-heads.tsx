/** What do the columns of a table hold? The last one is for controls, and its name for screen readers alone. */
interface ColumnHeadsProps {
  readonly names: readonly string[];
  readonly last: string;
}

export function ColumnHeads({ names, last }: ColumnHeadsProps) {
  return (
    <thead>
      <tr>
        {names.map((name) => (
          <th key={name} scope="col">
            {name}
          </th>
        ))}
        <th scope="col">
          <span class="for-readers">{last}</span>
        </th>
      </tr>
    </thead>
  );
}
