import { randomUUID } from 'node:crypto';
import { Body, Controller, Get, NotFoundException, Param, Post } from '@nestjs/common';
import { NewOrder, type Order } from './order.js';
import { OrdersRepository } from './orders.repository.js';

@Controller('orders')
export class OrdersController {
  constructor(private readonly orders: OrdersRepository) {}

  @Post()
  async create(@Body({ schema: NewOrder }) body: NewOrder): Promise<Order> {
    const order = { id: randomUUID(), ...body };
    await this.orders.add(order);
    return order;
  }

  @Get(':id')
  async find(@Param('id') id: string): Promise<Order> {
    const order = await this.orders.find(id);
    if (!order) throw new NotFoundException(`there is no order ${id}`);
    return order;
  }
}
