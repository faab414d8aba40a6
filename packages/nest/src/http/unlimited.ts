import { SetMetadata } from '@nestjs/common';

/** Metadata: the requests of a controller or route are never counted. */
export const UNLIMITED = 'holdfast:unlimited';

/** For what operators and load balancers ask: RATE_LIMIT_REQUESTS does not hold for it. */
export const Unlimited = () => SetMetadata(UNLIMITED, true);
