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
      return `#compdef stigmer\nautoload -U +X bashcompinit && bashcompinit\n${bash(shown)}`;
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

function fish(commands: readonly CommandDefinition[]): string {
  const quoted = (text: string): string => `'${text.replaceAll(/['\\]/gu, "\\$&")}'`;
  const lines = commands.flatMap((command) => [
    `complete -c stigmer -n __fish_use_subcommand -f -a ${command.name} -d ${quoted(command.summary)}`,
    ...(command.options ?? []).map(({ flags: text, description }) => {
      const long = /--([\w-]+)/u.exec(text)?.[1] ?? "";
      const short = /(?:^|\s)-([a-zA-Z])\b/u.exec(text)?.[1];
      const value = text.includes("<") ? " -r" : "";
      return `complete -c stigmer -n '__fish_seen_subcommand_from ${command.name}' -l ${long}${short === undefined ? "" : ` -s ${short}`}${value} -d ${quoted(description)}`;
    }),
  ]);
  const live = `complete -c stigmer -n 'not __fish_use_subcommand' -a '(stigmer ${COMPLETE} (commandline -opc)[2..] =(commandline -ct) 2>/dev/null)'`;
  return `${[...lines, live].join("\n")}\n`;
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
