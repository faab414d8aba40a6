import { SetMetadata } from '@nestjs/common';

/** Metadata: the requests of a controller or route are never counted. */
export const UNLIMITED = 'holdfast:unlimited';

/** For routes of operators and load balancers: RATE_LIMIT_REQUESTS does not apply to them. */
export const Unlimited = () => SetMetadata(UNLIMITED, true);
