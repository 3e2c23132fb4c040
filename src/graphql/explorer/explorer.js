// Starts GraphiQL in the page. Runs in the browser.
self.MonacoEnvironment = {
  globalAPI: false,
  getWorkerUrl: (_module, label) => {
    const names = { json: 'json', graphql: 'graphql', editorWorkerService: 'editor' };
    return `/graphql/explorer/${names[label] ?? 'editor'}.worker.js`;
  },
};

const examples = [
  `# The newest measurement and the air quality of every station.
query Stations {
  stations(first: 20) {
    nodes {
      id
      name
      city
      latest { timeInstant no2 o3 pm10 pm2_5 }
      airQualityIndex(index: EU_EAQI) { value category { name } pollutant }
    }
  }
}
`,
  `# A page of measurements, and the same selection as CSV.
query Measurements($after: String) {
  measurements(where: { pollutants: [NO2, O3] }, orderBy: TIME_DESC) {
    count
    csvUrl
    page(first: 50, after: $after) {
      nodes { timeInstant stationId no2 o3 }
      pageInfo { hasNextPage endCursor }
    }
  }
}
`,
  `# Daily means with both ends of each day and how much of it was observed.
query DailyMeans {
  measurements(orderBy: TIME_DESC) {
    statistics(interval: "P1D", pollutants: [PM2_5], first: 50) {
      nodes { periodStart periodEnd stationId mean max unit percentCoverage valid }
    }
  }
}
`,
  `# How often daily means of PM10 were above the limit value of 2030.
query Exceedances {
  exceedances(limitValue: "eu-2024-2881-pm10-day") {
    station { name }
    year
    count
    limitValue { value allowedPerYear }
    exceeded
  }
}
`,
  `# Measurements as imports add them.
subscription Added {
  measurementAdded { timeInstant stationId no2 o3 pm10 pm2_5 }
}
`,
];

self.YogaGraphiQL.renderYogaGraphiQL(document.querySelector('#root'), {
  title: 'measurement-app',
  endpoint: '/graphql',
  subscriptionsProtocol: 'SSE',
  defaultQuery: examples[0],
  defaultTabs: examples.map((query) => ({ query })),
});
