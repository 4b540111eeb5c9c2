"""What models say of images and codes in nats."""
