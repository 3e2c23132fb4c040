import { GraphQLScalarType, Kind } from 'graphql';
import { requireTimeZone } from '../time-zone.ts';

/**
 * `TimeZone`: as the scalar of graphql-scalars, but for zones whose name PostgreSQL understands in the same way. The domain's own
 * error tells what is wrong.
 */
export const timeZoneScalar = new GraphQLScalarType<string, string>({
  name: 'TimeZone',
  serialize: String,
  parseValue: (value) => requireTimeZone(typeof value === 'string' ? value : String(value)),
  parseLiteral: (node) => requireTimeZone(node.kind === Kind.STRING ? node.value : node.kind),
});
