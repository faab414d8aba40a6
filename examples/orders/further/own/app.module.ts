import { Module } from '@nestjs/common';
import { HoldfastModule } from '@holdfast/nest/holdfast.module';
import { OrdersModule } from '../orders.module.js';
import { service } from '../service.js';

@Module({ imports: [HoldfastModule.forRoot(service), OrdersModule] })
export class AppModule {}
