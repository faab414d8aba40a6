CREATE TABLE orders (
  id text PRIMARY KEY,
  article text NOT NULL,
  quantity integer NOT NULL CHECK (quantity > 0)
);
