import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';

const { OrdersModule } = await import('./orders.module.js');
const app = await NestFactory.create(OrdersModule, new FastifyAdapter());
await app.listen(Number(process.env.PORT ?? 8000));
