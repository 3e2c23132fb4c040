/** The five things to try in the README, on the data that the first start simulates. */
export const readmeExamples: readonly { readonly title: string; readonly command: string }[] = [
  {
    title: 'Everything, as CSV',
    command: 'curl -s localhost:5000/air_quality | wc -l',
  },
  {
    title: 'A page of it; `Link` in the headers leads on',
    command: "curl -s 'localhost:5000/air_quality?limit=3'",
  },
  {
    title: 'Daily averages of a station, both ends of each period and its coverage',
    command:
      "curl -s 'localhost:5000/air_quality?id_entity=sim_city_park&interval=1d&statistic=mean,max&pollutant=no2&decimals=2&limit=2'",
  },
  {
    title: 'What a spreadsheet in Europe wants',
    command:
      "curl -s 'localhost:5000/air_quality?limit=2&delimiter=;&decimal=,&header=units&timezone=Europe/Madrid&pollutant=pm10,co'",
  },
  {
    title: 'The same data as GraphQL (an explorer opens in the browser)',
    command: `curl -s localhost:5000/graphql -H 'content-type: application/json' \\
  -d '{"query":"{ stations(first: 2) { nodes { id name latest { timeInstant no2 pm2_5 } } } }"}'`,
  },
];

/** How an example stands in the README. */
export function readmeExample(title: string, command: string, output: string): string {
  return `${title}:\n\n\`\`\`console\n$ ${command}\n${output.trimEnd()}\n\`\`\``;
}
