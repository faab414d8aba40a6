// The least a service on the same libraries does, unbundled: one controller, an empty data source.

import 'reflect-metadata';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { TypeOrmModule } from '@nestjs/typeorm';

class LiveController {
  live() {
    return { status: 'ok' };
  }
}
const live = Object.getOwnPropertyDescriptor(LiveController.prototype, 'live');
Get('health/live')(LiveController.prototype, 'live', live);
Controller()(LiveController);

class BareModule {}
Module({
  imports: [TypeOrmModule.forRoot({ type: 'better-sqlite3', database: ':memory:' })],
  controllers: [LiveController],
})(BareModule);

const app = await NestFactory.create(BareModule, new FastifyAdapter());
await app.listen(Number(process.env.PORT), process.env.HOST);
