/** The data of each event of a `text/event-stream` body (HTML standard, section 9.2.6); comments, names and ids are left out. */
export function eventData(text: string): readonly string[] {
  const events: string[] = [];
  let data: string[] = [];
  for (const line of `${text}\n\n`.split(/\r\n|\r|\n/u)) {
    if (line === "") {
      if (data.length > 0) events.push(data.join("\n"));
      data = [];
    } else if (line.startsWith("data:")) data.push(line.slice(line.startsWith("data: ") ? 6 : 5));
    else if (line === "data") data.push("");
  }
  return events;
}
