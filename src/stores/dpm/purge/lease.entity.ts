import { leaseEntity } from '../../lease.entity.js';

export const LeaseEntity = leaseEntity('dpm_leases');
