// views' tests
