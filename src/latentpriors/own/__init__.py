"""What is yours: priors for your codes, figures for your images; `command` is the program for both."""
