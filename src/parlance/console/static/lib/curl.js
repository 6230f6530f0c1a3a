// Requests as commands for a terminal.

const quoted = (text) => `'${text.replaceAll("'", `'\\''`)}'`;

export const curl = ({ method, url, headers, body }) =>
  [
    `curl ${method === "GET" ? "" : `-X ${method} `}${quoted(location.origin + url)}`,
    ...Object.entries(headers).map(([name, value]) => `  -H ${quoted(`${name}: ${value}`)}`),
    ...(body ? [`  -d ${quoted(body)}`] : []),
  ].join(" \\\n");
