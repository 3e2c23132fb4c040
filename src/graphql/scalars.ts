import { GraphQLScalarType, Kind, type ValueNode } from 'graphql';
import { GraphQLDateTimeISO, GraphQLDuration, GraphQLLatitude, GraphQLLongitude } from 'graphql-scalars';
import { requireTimeZone } from '../time-zone.ts';

/** The scalars of graphql-scalars under the names of our schema, and what they leave to wish. */
export const scalars = {
  DateTime: new GraphQLScalarType({ ...GraphQLDateTimeISO.toConfig(), name: 'DateTime' }),
  Latitude: takingWholeNumbers(GraphQLLatitude),
  Longitude: takingWholeNumbers(GraphQLLongitude),
  Duration: GraphQLDuration,
  /** For zones whose name PostgreSQL understands in the same way; the domain's own error tells what is wrong. */
  TimeZone: new GraphQLScalarType<string, string>({
    name: 'TimeZone',
    serialize: String,
    parseValue: (value) => requireTimeZone(String(value)),
    parseLiteral: (node) => requireTimeZone(node.kind === Kind.STRING ? node.value : node.kind),
  }),
};

/** The library takes `40.5` as a literal but not `40`. */
function takingWholeNumbers(scalar: GraphQLScalarType): GraphQLScalarType {
  const config = scalar.toConfig();
  return new GraphQLScalarType({
    ...config,
    parseLiteral: (node: ValueNode) =>
      node.kind === Kind.INT ? config.parseValue(Number(node.value)) : config.parseLiteral(node),
  });
}
