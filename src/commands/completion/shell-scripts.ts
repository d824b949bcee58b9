/** The scripts that make a shell ask us. Each hands over the words as lines and shows what comes back. */
import { FILES_LINE, type Shell } from "./shell-words.ts";

const BASH = `# bash completion for codexuse
_codexuse_complete() {
  local IFS=$'\\n' line out
  local current="\${COMP_WORDS[COMP_CWORD]}"
  COMPREPLY=()
  out="$(command codexuse completion bash --complete="\${COMP_WORDS[*]:0:COMP_CWORD+1}" 2>/dev/null)" || return 0
  if [ "$out" = "${FILES_LINE}" ]; then
    type compopt >/dev/null 2>&1 && compopt -o filenames 2>/dev/null
    while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$current")
    return 0
  fi
  while IFS= read -r line; do [ -n "$line" ] && COMPREPLY+=("$line"); done <<< "$out"
  if [ "\${#COMPREPLY[@]}" -eq 1 ] && [ "\${COMPREPLY[0]: -1}" = "=" ]; then
    type compopt >/dev/null 2>&1 && compopt -o nospace 2>/dev/null
  fi
  return 0
}
complete -F _codexuse_complete codexuse
`;

const ZSH = `#compdef codexuse
# zsh completion for codexuse
_codexuse() {
  local -a lines open openShown closed closedShown
  local line out
  out="$(command codexuse completion zsh --complete="\${(F)words[1,CURRENT]}" 2>/dev/null)" || return 1
  if [[ "$out" == "${FILES_LINE}" ]]; then
    _files
    return
  fi
  lines=("\${(@f)out}")
  for line in $lines; do
    local name="\${line%%$'\\t'*}" about="\${line#*$'\\t'}"
    [[ -z "$name" ]] && continue
    if [[ "$name" == *= ]]; then
      open+=("$name"); openShown+=("$name  $about")
    else
      closed+=("$name"); closedShown+=("$name  $about")
    fi
  done
  (( $#open )) && compadd -l -S '' -d openShown -a open
  (( $#closed )) && compadd -l -d closedShown -a closed
  (( $#open + $#closed ))
}
if [ "$funcstack[1]" = "_codexuse" ]; then
  _codexuse "$@"
else
  compdef _codexuse codexuse
fi
`;

const FISH = `# fish completion for codexuse
function __codexuse_complete
  set -l typed (commandline -opc) (commandline -ct)
  set -l out (command codexuse completion fish --complete=(string join \\n -- $typed | string collect) 2>/dev/null)
  if test "$out" = "${FILES_LINE}"
    __fish_complete_path (commandline -ct)
  else
    printf '%s\\n' $out
  end
end
complete -c codexuse -f -a '(__codexuse_complete)'
`;

export const SHELL_SCRIPTS: Readonly<Record<Shell, string>> = { bash: BASH, zsh: ZSH, fish: FISH };

/** What to do with a script, so that it is there in every new shell. */
export const SHELL_STEPS: Readonly<Record<Shell, string>> = {
  bash: 'Put into ~/.bashrc: eval "$(codexuse completion bash)"',
  zsh: 'Put into ~/.zshrc, after compinit: eval "$(codexuse completion zsh)"',
  fish: "codexuse completion fish > ~/.config/fish/completions/codexuse.fish",
};
