import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { OrdersController } from './orders.controller.js';
import { OrdersRepository } from './orders.repository.js';

@Module({
  imports: [
    TypeOrmModule.forRoot({
      name: 'orders',
      type: 'postgres',
      url: process.env.ORDERS_POSTGRES_DSN,
    }),
  ],
  controllers: [OrdersController],
  providers: [OrdersRepository],
})
export class OrdersModule {}
