// What @nestjs/typeorm's module of this name finds on TypeORM 1.x. It looks by loading all of
// TypeORM from node_modules, beside the copy in the bundle.
export const Connection = undefined;
export const AbstractRepository = undefined;
