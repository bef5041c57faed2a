import type { CommandDefinition } from "./command.ts";

/** Shells that can be taught. */
export const shells = ["bash", "zsh", "fish", "powershell"] as const;

/** The word that asks for what fits at the cursor: `stigmer __complete WORD... =CURRENT`. The sign keeps an empty word from being lost on the way. */
export const COMPLETE = "__complete";

/**
 * The completion script of a shell; undefined for a shell that is not known. Commands and flags are in the script, so that they come at once; values (names that the server has, formats, contexts) are
 * asked from `stigmer __complete`, and where that offers nothing the shell offers files.
 */
export function completionScript(shell: string, commands: readonly CommandDefinition[]): string | undefined {
  const shown = commands.filter(({ hidden }) => hidden !== true);
  switch (shell) {
    case "bash":
      return bash(shown);
    case "zsh":
      // zsh runs bash's completions, so that both shells know the same.
      return zsh(shown);
    case "fish":
      return fish(shown);
    case "powershell":
    case "pwsh":
      return powershell();
    default:
      return undefined;
  }
}

const flags = ({ options = [] }: CommandDefinition): readonly string[] => [
  ...options.flatMap((option) => option.flags.match(/(?<=^|\s)-{1,2}[a-zA-Z][\w-]*/gu) ?? []),
  "--help",
];

function bash(commands: readonly CommandDefinition[]): string {
  const names = commands.flatMap(({ name, aliases = [] }) => [name, ...aliases]);
  const cases = commands.map(
    (command) => `    ${[command.name, ...(command.aliases ?? [])].join("|")}) words="${flags(command).join(" ")}" ;;`,
  );
  return `_stigmer() {
  local current="\${COMP_WORDS[COMP_CWORD]}" words="" found
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${[...names, "help"].join(" ")} --help --version" -- "$current"))
    return
  fi
  case "\${COMP_WORDS[1]}" in
${cases.join("\n")}
  esac
  case "$current" in
    -*) COMPREPLY=($(compgen -W "$words" -- "$current")) ;;
    *)
      found="$("\${COMP_WORDS[0]}" ${COMPLETE} "\${COMP_WORDS[@]:1:$((COMP_CWORD - 1))}" "=$current" 2>/dev/null | cut -f1)"
      COMPREPLY=($(compgen -W "$found" -- "$current"))
      [ "\${#COMPREPLY[@]}" -gt 0 ] || COMPREPLY=($(compgen -f -- "$current"))
      ;;
  esac
}
complete -o filenames -F _stigmer stigmer
`;
}

/** Works sourced, and as the file `_stigmer` in a folder of fpath: that is run by the first completion, which has to be answered, too. */
function zsh(commands: readonly CommandDefinition[]): string {
  return `#compdef stigmer
autoload -U +X bashcompinit && bashcompinit
${bash(commands)}if [ "\${funcstack[1]}" = _stigmer ]; then _bash_complete -o filenames -F _stigmer; fi
`;
}

function fish(commands: readonly CommandDefinition[]): string {
  const quoted = (text: string): string => `'${text.replaceAll(/['\\]/gu, "\\$&")}'`;
  const lines = commands.flatMap((command) => {
    const names = [command.name, ...(command.aliases ?? [])];
    const options = (command.options ?? []).map(({ flags: text, description }) => {
      const long = /--([\w-]+)/u.exec(text)?.[1] ?? "";
      const short = /(?:^|\s)-([a-zA-Z])\b/u.exec(text)?.[1];
      const value = text.includes("<") ? " -r -a '(__stigmer_values)'" : "";
      return `complete -c stigmer -n '__fish_seen_subcommand_from ${names.join(" ")}' -l ${long}${short === undefined ? "" : ` -s ${short}`}${value} -d ${quoted(description)}`;
    });
    return [
      ...names.map((name) => `complete -c stigmer -n __fish_use_subcommand -a ${name} -d ${quoted(command.summary)}`),
      ...options,
    ];
  });
  return `function __stigmer_values
  set -l token (commandline -ct)
  set -l found (stigmer ${COMPLETE} (commandline -opc)[2..] "=$token" 2>/dev/null)
  if test (count $found) -gt 0
    printf '%s\\n' $found
  else
    __fish_complete_path "$token"
  end
end
complete -c stigmer -f
complete -c stigmer -l help -d 'show what a command does'
${lines.join("\n")}
complete -c stigmer -n 'not __fish_use_subcommand' -a '(__stigmer_values)'
`;
}

function powershell(): string {
  return `Register-ArgumentCompleter -Native -CommandName stigmer -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $words = @($commandAst.CommandElements | Select-Object -Skip 1 | ForEach-Object { "$_" })
  if ($wordToComplete -ne '' -and $words.Count -gt 0) { $words = @($words | Select-Object -SkipLast 1) }
  & stigmer ${COMPLETE} @words "=$wordToComplete" 2>$null | ForEach-Object {
    $value, $about = $_ -split "\`t", 2
    if (-not $about) { $about = $value }
    [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $about)
  }
}
`;
}
