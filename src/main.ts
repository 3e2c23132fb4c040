import { type Config, loadConfig, loadEnvironmentFile } from './config.ts';
import { ConfigurationError } from './errors.ts';
import { startGateway } from './gateway.ts';
import { createLogger } from './logger.ts';
import { type Resource, stopOnSignals } from './shutdown.ts';

loadEnvironmentFile();
const config = readConfig();
const logger = createLogger(config);
const resources: Resource[] = [];
const stop = stopOnSignals(resources, logger, config.shutdownGraceMs);

try {
  const url = await startGateway(config, logger, resources);
  logger.info(`ready: ${url} (CSV ${url}/air_quality, GraphQL ${url}/graphql)`);
} catch (error) {
  logger.fatal({ err: error }, 'the gateway could not start');
  await stop(1);
}

function readConfig(): Config {
  try {
    return loadConfig();
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(2);
  }
}
