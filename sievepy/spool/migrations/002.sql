-- 1: an attempt may have brought the letter to its sink, and nobody said so. The next one is journaled as a redelivery.
ALTER TABLE deliveries ADD COLUMN may_have_arrived INTEGER NOT NULL DEFAULT 0;
