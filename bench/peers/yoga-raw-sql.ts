/** GraphQL Yoga with resolvers of hand-written SQL over node-postgres. Prints its address. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createSchema, createYoga } from 'graphql-yoga';
import pg from 'pg';

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL as string, max: 8 });
const columns = '"TimeInstant" as "timeInstant", id_entity as "stationId", so2, no2, co, o3, pm10, pm2_5';

const schema = createSchema({
  typeDefs: /* GraphQL */ `
    type Query {
      measurements(first: Int!): [Measurement!]!
      station(id: ID!): Station
      dailyMeans(id: ID!, from: String!, to: String!): [DailyMean!]!
    }
    type Measurement {
      timeInstant: String!
      stationId: ID!
      so2: Float
      no2: Float
      co: Float
      o3: Float
      pm10: Float
      pm2_5: Float
    }
    type Station {
      id: ID!
      name: String!
      latest: Measurement
    }
    type DailyMean {
      day: String!
      mean: Float
      observed: Int!
    }
  `,
  resolvers: {
    Query: {
      measurements: async (_, { first }) =>
        (
          await pool.query(
            `select ${columns} from environment_airq_measurand m order by m."TimeInstant", m.id_entity limit $1`,
            [first],
          )
        ).rows,
      station: async (_, { id }) =>
        (await pool.query('select id, name from station where id = $1', [id])).rows[0],
      dailyMeans: async (_, { id, from, to }) =>
        (await pool.query('select * from bench.daily_means($1, $2, $3)', [id, from, to])).rows,
    },
    Measurement: { timeInstant: ({ timeInstant }) => timeInstant.toISOString() },
    Station: {
      latest: async ({ id }) =>
        (
          await pool.query(
            `select ${columns} from environment_airq_measurand where id_entity = $1 order by "TimeInstant" desc limit 1`,
            [id],
          )
        ).rows[0],
    },
    DailyMean: { day: ({ day }) => day.toISOString() },
  },
});

const server = createServer(createYoga({ schema, logging: false, graphiql: false }));
server.listen(0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
