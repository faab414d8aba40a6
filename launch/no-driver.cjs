// In place of TypeORM's drivers for databases that Holdfast does not use.
module.exports = {};
