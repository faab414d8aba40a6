// Readiness as Terminus gives it out of the box: a TypeORM ping, raced against a timer, for each
// request.

import 'reflect-metadata';
import { Controller, Get, Inject, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { HealthCheckService, TerminusModule, TypeOrmHealthIndicator } from '@nestjs/terminus';
import { TypeOrmModule } from '@nestjs/typeorm';

class HealthController {
  constructor(health, database) {
    this.health = health;
    this.database = database;
  }

  live() {
    return { status: 'ok' };
  }

  ready() {
    return this.health.check([() => this.database.pingCheck('db')]);
  }
}
Inject(HealthCheckService)(HealthController, undefined, 0);
Inject(TypeOrmHealthIndicator)(HealthController, undefined, 1);
for (const [name, path] of Object.entries({ live: 'health/live', ready: 'health/ready' })) {
  const method = Object.getOwnPropertyDescriptor(HealthController.prototype, name);
  Get(path)(HealthController.prototype, name, method);
}
Controller()(HealthController);

class TerminusReadiness {}
Module({
  imports: [
    TerminusModule.forRoot({ logger: false }),
    TypeOrmModule.forRoot({ type: 'postgres', url: process.env.DATABASE_URL }),
  ],
  controllers: [HealthController],
})(TerminusReadiness);

const app = await NestFactory.create(TerminusReadiness, new FastifyAdapter(), { logger: false });
await app.listen(Number(process.env.PORT), process.env.HOST);
