import helmet from 'helmet';

/** For pages: everything that helmet sets, with scripts and styles of this server only. */
export const pageSecurity = helmet({
  contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } },
});

/** For data, which browsers do not render: what still matters there. */
export const dataSecurity = helmet({
  crossOriginResourcePolicy: { policy: 'cross-origin' },
  contentSecurityPolicy: false,
  crossOriginOpenerPolicy: false,
  originAgentCluster: false,
  referrerPolicy: false,
  xDnsPrefetchControl: false,
  xDownloadOptions: false,
  xFrameOptions: false,
  xPermittedCrossDomainPolicies: false,
  xXssProtection: false,
});
