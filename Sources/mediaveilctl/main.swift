print("mediaveilctl")
