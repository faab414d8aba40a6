import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import type { Order } from './order.js';

@Injectable()
export class OrdersRepository {
  constructor(@InjectDataSource('orders') private readonly dataSource: DataSource) {}

  async add(order: Order): Promise<void> {
    await this.dataSource
      .createQueryBuilder()
      .insert()
      .into('orders')
      .values({ ...order })
      .execute();
  }

  async find(id: string): Promise<Order | undefined> {
    return this.dataSource
      .createQueryBuilder()
      .select(['id', 'article', 'quantity'])
      .from('orders', 'orders')
      .where('id = :id', { id })
      .getRawOne<Order>();
  }
}
