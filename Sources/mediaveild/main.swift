print("mediaveild")
