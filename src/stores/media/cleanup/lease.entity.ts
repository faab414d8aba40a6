import { leaseEntity } from '../../lease.entity.js';

export const LeaseEntity = leaseEntity('media_leases');
