import { NestFactory } from '@nestjs/core';
import { exitCodeOf } from '@holdfast/nest/exit-code';
import { AppModule } from './app.module.js';

try {
  const app = await NestFactory.create(AppModule, { abortOnError: false });
  app.enableShutdownHooks([], { useProcessExit: true });
  await app.listen(Number(process.env.PORT ?? 8000));
  console.log(JSON.stringify({ event: 'listening', url: await app.getUrl() }));
} catch (error) {
  console.error(error);
  process.exit(exitCodeOf(error));
}
