def build_data_docs(city, results, folder): folder.mkdir()
